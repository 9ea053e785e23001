"""Why a report could not be read, for people."""

from .importers.sarif import MAX_BYTES


def explain(env, error):
    """Say what is wrong with a report, and what to do about it.

    :param ReportError error: why it could not be read
    """
    explanations = {
        "empty": env._("The file is empty. Run the scanner again and upload what it wrote."),
        "packed": env._("The file is compressed. Unpack it and upload the SARIF file inside."),
        "encoding": env._("The file is not in UTF-8. Save it as UTF-8 and upload it again."),
        "json": env._(
            "The file is not complete JSON (%s). Let the scanner write SARIF and upload the "
            "whole file.",
            error.value,
        ),
        "format": env._(
            "The file is not a SARIF report. Let the scanner write SARIF 2.1.0, most have an "
            "option such as “--format sarif”."
        ),
        "version": env._(
            "The report has the SARIF version “%s”, only 2.1.0 can be read. Let the scanner "
            "write 2.1.0.",
            error.value,
        ),
        "size": env._(
            "The file is larger than %s MB. Split it by folder or leave out the code flows.",
            MAX_BYTES // 2**20,
        ),
        "depth": env._(
            "The file is nested deeper than %s levels, which no scanner does. "
            "Check where it comes from.",
            error.value,
        ),
        "runs": env._(
            "The report has more than %s runs. Split it and upload the parts.", error.value
        ),
        "results": env._(
            "A run of the report has more than %s results. Switch off the noisiest rules or "
            "split it by folder, each with a category of its own.",
            error.value,
        ),
        "values": env._(
            "Parts of the report are larger than any scanner writes. Check where it comes from."
        ),
    }
    return explanations[error.code]
