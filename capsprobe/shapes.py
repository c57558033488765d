"""Names of the axes that arrays and tensors carry, written once for every signature.

The strings are read by jaxtyping; the tests check them at run time.
"""

IMAGES = "images channels height width"
PLACED = "images channels canvas_height canvas_width"
VOTES = "images children parents pose"
COEFFICIENTS = "images children parents"
PARENTS = "images parents pose"
CHILDREN = "images children child_pose"
WEIGHT = "children child_pose parents_pose"
SCORES = "images classes"
