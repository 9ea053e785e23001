from odoo import fields, models

MAX_NAMES = 5  # told in a notification


class OpsHealthCheck(models.Model):
    """What lists of checks offer: whom they are for, and what to do with many of them."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    partner_id = fields.Many2one(
        related="environment_id.partner_id", store=True, index="btree_not_null"
    )

    # === ACTIONS === #

    def action_run_selected(self):
        """Run those that can run now, and tell which."""
        archived = self.filtered(lambda check: not check.active)
        paused = (self - archived).filtered(lambda check: check.state == "paused")
        ready = self - archived - paused
        ready.action_run_now()
        return ready._tell_done(
            self.env._("Run now: %s"),
            paused._tell_skipped(self.env._("Paused, so resume them first: %s")),
            archived._tell_skipped(self.env._("Archived, so restore them first: %s")),
        )

    def action_pause_selected(self):
        """Pause those that are not, and tell which."""
        paused = self.filtered(lambda check: check.state == "paused")
        running = self - paused
        running.action_pause()
        return running._tell_done(
            self.env._("Paused: %s"),
            paused._tell_skipped(self.env._("Paused already: %s")),
        )

    def action_resume_selected(self):
        """Resume those that are paused, and tell which."""
        paused = self.filtered(lambda check: check.state == "paused")
        paused.action_resume()
        return paused._tell_done(
            self.env._("Resumed: %s"),
            (self - paused)._tell_skipped(self.env._("Not paused: %s")),
        )

    # === BUSINESS METHODS === #

    def _tell_done(self, done, *skipped):
        """A notification of what was done to these checks and why others were left out.

        :param str done: with a gap for these checks
        :param str skipped: of `_tell_skipped`
        """
        skipped = list(filter(None, skipped))
        told = [done % self._listed()] if self else [self.env._("Nothing was done")]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if skipped else "success",
                "message": " ".join(f"{sentence}." for sentence in [*told, *skipped]),
                # Lists are loaded anew when an action is closed.
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _tell_skipped(self, reason):
        return self and reason % self._listed()

    def _listed(self):
        """How many they are, and what the first ones are called."""
        names = self[:MAX_NAMES].mapped("name")
        if len(self) > MAX_NAMES:
            names.append(self.env._("and %s more", len(self) - MAX_NAMES))
        return f"{len(self)} ({', '.join(names)})"
