"""Words that mean much the same in the names and descriptions of tools. Pure; no I/O.

A short list on purpose: one that is wrong costs more than one that is missing, and the stemming of
the database finds `invoices` for `invoice` without it.
"""

from collections.abc import Mapping

_GROUPS = """
    delete remove erase purge discard
    create make add generate build new produce
    get fetch read retrieve load obtain
    find search lookup locate query
    list enumerate
    show display view print
    update change modify edit
    send deliver dispatch
    compute calculate work
    sum total add
    count number tally
    average mean
    maximum max largest highest
    minimum min smallest lowest
    convert transform turn translate
    parse decode interpret
    format render
    clean normalise normalize tidy sanitise sanitize
    repair fix correct mend
    validate check verify
    compare diff difference
    merge combine join
    split divide partition
    sort order
    group bucket cluster
    filter select pick
    duplicate duplicates dedupe deduplicate repeated
    summarise summarize summary report overview digest
    extract pull
    mail email
    invoice bill
    customer client buyer
    price cost amount
    money currency
    picture image photo
    link url
    phone telephone
    person people user
    error failure fault exception
    log logs logfile
    flaky unstable intermittent
    job task
    time duration
    date day
    hour hours
    text string
    file document
    table spreadsheet csv
    holiday vacation leave
    salary wage pay
    employee staff worker
    pseudonymise pseudonymize anonymise anonymize
    encrypt cipher
"""

_ENDINGS = ("", "s", "es", "d", "ed", "ing", "r", "er")


def _table() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for line in _GROUPS.strip().splitlines():
        group = line.split()
        for word in group:
            others = found.setdefault(word, {})
            others.update(dict.fromkeys(other for other in group if other != word))
    return {word: tuple(others) for word, others in found.items()}


_ALIKE = _table()


def alike(word: str) -> tuple[str, ...]:
    """List synonyms of a lower-case word, also of one with a common English ending."""
    for ending in _ENDINGS:
        if not word.endswith(ending):
            continue
        stem = word.removesuffix(ending)
        for form in (stem, f"{stem}e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem):
            if form in _ALIKE:
                return _ALIKE[form]
    return ()
