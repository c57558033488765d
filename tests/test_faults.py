import pytest

from capsprobe import faults


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (faults.Fault, 1),
        (faults.UsageFault, 2),
        (faults.ModelFault, 3),
        (faults.DataFault, 3),
        (faults.EnvironmentFault, 4),
    ],
)
def test_each_kind_of_fault_has_its_exit_code(fault, code):
    assert fault.exit_code == code
    with pytest.raises(faults.Fault, match="expected this, got that"):
        raise fault("expected this, got that")
