"""The guards that look at the whole repository at once, by name."""

from tests.guards import (
    assembled,
    claims,
    equations,
    experiments,
    figures,
    hosts,
    includes,
    numbers,
    references,
    snippets,
    stems,
    symbols,
)

GUARDS = {
    "includes": includes.check,
    "sections": includes.check_shown,
    "stems": stems.check,
    "whole-file": stems.check_whole_file,
    "runs-on": stems.check_runs_on,
    "snippets": snippets.check,
    "copies": snippets.check_copies,
    "assembled": assembled.check,
    "numbers": numbers.check,
    "symbols": symbols.check,
    "code-names": symbols.check_names,
    "figures": figures.check,
    "drawn": figures.check_drawn,
    "equations": equations.check,
    "equation-names": equations.check_names,
    "references": references.check,
    "hosts": hosts.check,
    "experiments": experiments.check,
    "claims": claims.check,
}
