from odoo import api, fields, models

from ..importers.observation import RuleText

TEXT_FIELDS = ("name", "description", "remediation", "url", "cwe")


class OpsFindingRule(models.Model):
    _name = "ops.finding.rule"
    _description = "Finding Rule"
    _order = "tool, code"
    _rec_names_search = ["code", "name"]
    _check_company_auto = True

    tool = fields.Char(required=True)
    code = fields.Char(required=True)
    name = fields.Char(string="Title", required=True, translate=True)
    description = fields.Text(string="Why It Matters", translate=True)
    remediation = fields.Text(string="What to Do", translate=True)
    url = fields.Char(string="Documentation")
    cwe = fields.Char(string="CWE", help="The kinds of weakness, as numbered by cwe.mitre.org.")
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty for rules that all companies share."
    )
    finding_ids = fields.One2many("ops.finding", "rule_id")
    open_finding_count = fields.Integer(
        string="Open Findings", compute="_compute_open_finding_count"
    )

    _code_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0), tool, code)",
        "This tool already has a rule with this code.",
    )

    # === COMPUTE METHODS === #

    def _compute_open_finding_count(self):
        counts = self.env["ops.finding"]._open_count_by("rule_id", self)
        for rule in self:
            rule.open_finding_count = counts.get(rule, 0)

    # === ACTION METHODS === #

    def action_view_findings(self):
        return self.env["ops.finding"]._action_view([("rule_id", "in", self.ids)])

    # === BUSINESS METHODS === #

    @api.model
    def _of_report(self, tool, company, codes, texts):
        """Return {code: rule} for all codes; what is missing is created and what the report now
        words differently is updated. Rules that all companies share stay as they are.

        :param dict texts: `RuleText` by code, as far as the report has them
        """
        rules = self.search(
            [("tool", "=", tool), ("company_id", "in", (False, company.id)), ("code", "in", codes)]
        )
        found = {rule.code: rule for rule in rules}
        for rule in rules:
            text = texts.get(rule.code)
            if text and rule.company_id:
                changes = {
                    name: getattr(text, name)
                    for name in TEXT_FIELDS
                    if getattr(text, name) != (rule[name] or "")
                }
                if changes:
                    rule.write(changes)
        missing = self.create(
            [
                {
                    "tool": tool,
                    "code": code,
                    "company_id": company.id,
                    **{name: getattr(text, name) for name in TEXT_FIELDS},
                }
                for code in codes
                if code not in found
                for text in (texts.get(code) or RuleText(code=code, name=code),)
            ]
        )
        return found | {rule.code: rule for rule in missing}
