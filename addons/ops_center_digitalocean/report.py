"""What App Platform tells of a deployment, as a report like those of any provider."""

from odoo.addons.ops_center_deployment import states
from odoo.addons.ops_center_deployment.report import Report, Step, storable

#: What App Platform has live is verified here before we call it so.
STATES = {
    "PENDING_BUILD": states.BUILDING,
    "BUILDING": states.BUILDING,
    "PENDING_DEPLOY": states.DEPLOYING,
    "DEPLOYING": states.DEPLOYING,
    "ACTIVE": states.VERIFYING,
    "ERROR": states.FAILED,
    "CANCELED": states.CANCELLED,
    "SUPERSEDED": states.FAILED,
}
STEP_STATES = {"PENDING": "pending", "RUNNING": "running", "SUCCESS": "done", "ERROR": "failed"}


def read_report(told, marker):
    """Turn what App Platform tells into a report.

    :param Deployment told: as `app_platform` reads it
    :param str marker: of the request that it follows
    :return: the `Report`, None if it tells nothing of use
    """
    state = STATES.get(told.phase)
    if not state:
        return None
    failed = next((step for step in told.steps if step.status == "ERROR"), None)
    message = ""
    if state == states.FAILED and failed:
        message = storable(f"{failed.name}: {failed.reason or 'failed'}")
    return Report(
        id=marker,
        state=state,
        message=message,
        reference=told.id,
        steps=tuple(
            Step(
                step.name,
                STEP_STATES.get(step.status, "pending"),
                step.started_at,
                step.ended_at,
            )
            for step in told.steps
        ),
    )
