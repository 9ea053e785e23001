from odoo.http import Controller, content_disposition, request, route


class DeploymentLog(Controller):
    """The log of a deployment as a file."""

    @route("/ops/deployment/<model('ops.deployment'):deployment>/log", type="http", auth="user")
    def download(self, deployment):
        """Return the log; who may not read the deployment is refused."""
        return request.make_response(
            deployment._whole_log(),
            headers={
                "Content-Type": "text/plain; charset=utf-8",
                "Content-Disposition": content_disposition(f"{deployment.display_name}.log"),
            },
        )
