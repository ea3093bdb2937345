"""A snippet that a recipe makes is what the recipe and the other snippets say, to the letter."""

from pathlib import Path

from tools.assemble import assemble, recipes


def check(root: Path) -> list[str]:
    """Assemble each anew and compare."""
    faults = []
    for snippet, recipe in recipes(root).items():
        name = f"snippets/{snippet.name}"
        try:
            fresh = assemble(recipe, root)
        except (OSError, ValueError) as error:
            faults.append(f"tools/recipes/{recipe.name}: {error}")
            continue
        if not snippet.is_file() or snippet.read_text("utf-8") != fresh:
            faults.append(f"{name}: is not what its recipe and the snippets make: `make assemble`")
    return faults
