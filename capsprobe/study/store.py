"""The folder in which a run keeps its finished cells; two processes may share it."""

from dataclasses import dataclass, field
from pathlib import Path

from capsprobe.faults import EnvironmentFault
from capsprobe.parts import Damaged, Part, read_part, write_part
from capsprobe.study.grid import Cell
from capsprobe.tables import Measurement


@dataclass
class Store:
    """Cells by their key. `set_aside` says which parts were damaged and are computed again."""

    folder: Path
    set_aside: list[str] = field(default_factory=list)

    def read(self, cell: Cell) -> Part | None:
        """Return a finished cell, or none where it has to be computed.

        A part that cannot be used is set aside under another name and counts as not there.

        Raises
        ------
        DataFault
            Where a newer version of this program wrote it.
        """
        path = self._path(cell)
        if not path.is_file():
            return None
        try:
            return read_part(path)
        except Damaged as error:
            aside = path.with_suffix(".corrupt")
            path.replace(aside)
            self.set_aside.append(f"{cell.label}: {aside.name} cannot be used ({error})")
            return None

    def write(self, cell: Cell, measurement: Measurement, seconds: float, note: str = "") -> Part:
        """Keep a finished cell.

        Raises
        ------
        EnvironmentFault
            Where the disk is full or the folder gone; what was finished before is kept.
        """
        try:
            return write_part(self._path(cell), cell.label, measurement, seconds=seconds, note=note)
        except OSError as error:
            raise EnvironmentFault(
                f"cannot keep {cell.label} in {self.folder.parent}: {error.strerror}; "
                "finished cells are kept, run the same command again"
            ) from error

    def _path(self, cell: Cell) -> Path:
        return self.folder / f"{cell.key}.parquet"
