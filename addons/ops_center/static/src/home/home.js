import { Component, onWillStart, useState } from "@odoo/owl";
import { HeartbeatBar } from "@ops_center_health/heartbeat_bar/heartbeat_bar";
import { RelativeTime } from "@mail/core/common/relative_time";
import { useLiveChanges } from "@ops_center_base/live/live_changes_hook";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const STATE_ICONS = {
    up: "fa-check-circle text-success",
    degraded: "fa-exclamation-triangle text-warning",
    down: "fa-times-circle text-danger",
    paused: "fa-pause-circle text-muted",
    maintenance: "fa-wrench text-info",
    suppressed: "fa-bell-slash text-muted",
    unknown: "fa-question-circle text-muted",
};

export class OpsHome extends Component {
    static template = "ops_center.Home";
    static components = { HeartbeatBar, RelativeTime };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ content: null });
        this.dialog = useService("dialog");
        useLiveChanges(
            () => true,
            () => this.load(),
        );
        onWillStart(() => this.load());
    }

    async load() {
        this.state.content = await this.orm.silent.call("ops.home", "retrieve", []);
    }

    stateIcon(state) {
        return STATE_ICONS[state];
    }

    date(value) {
        return deserializeDateTime(value);
    }

    openRecord(model, id) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openNeed(need) {
        if (need.res_model) {
            this.openRecord(need.res_model, need.res_id);
        } else if (need.decision) {
            this.dialog.add(ConfirmationDialog, {
                title: _t("Is this the original?"),
                body: _t(
                    "From then on this database sends to the outside what it holds. Make sure that no other copy of it does the same.",
                ),
                confirmLabel: _t("This is the original"),
                confirm: async () => {
                    await this.orm.call("ops.instance", "action_bind", [[]]);
                    await this.load();
                },
                cancel: () => {},
            });
        }
    }
}

registry.category("actions").add("ops_center.home", OpsHome);
