import json
import subprocess
import sys

from specbench.data.domains import DOMAINS, SEMANTIC_CLASSES, Form


def test_a_form_is_its_name_in_json() -> None:
    assert json.dumps(DOMAINS["normal"].form) == '"normal"'
    assert Form("classes") == "classes"


def test_channels_and_classes_follow_the_form() -> None:
    for domain in DOMAINS.values():
        assert (domain.channels > 0) == (domain.form in ("image", "continuous", "normal"))
        assert (domain.classes > 0) == (domain.form in ("classes", "image_class"))
        assert domain.suffixes
    assert len(SEMANTIC_CLASSES) == DOMAINS["segment_semantic"].classes == 17
    assert SEMANTIC_CLASSES[0] == "background"


def test_planning_modules_load_no_heavy_library() -> None:
    code = (
        "import sys, specbench.data.domains, specbench.data.source, specbench.data.select;"
        "import specbench.data.taskonomy, specbench.data.arrays, specbench.data.dataset;"
        "print([m for m in ('torch', 'scipy', 'skimage', 'PIL', 'matplotlib', 'pydantic')"
        " if m in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout
    assert shown.strip() == "[]"
