import { _t } from "@web/core/l10n/translation";

/** What the states of a check are called and how bars show them, the worst first. */
export const STATES = {
    down: { label: _t("Down"), color: "bg-danger" },
    suppressed: { label: _t("Suppressed"), color: "bg-secondary" },
    degraded: { label: _t("Degraded"), color: "bg-warning" },
    up: { label: _t("Up"), color: "bg-success" },
    maintenance: { label: _t("Maintenance"), color: "bg-info" },
    unknown: { label: _t("Unknown"), color: "bg-secondary" },
    paused: { label: _t("Paused"), color: "bg-secondary opacity-50" },
};
