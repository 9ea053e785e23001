import { Component, onMounted, onPatched, onWillStart, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useLiveChanges } from "@ops_center_base/live/live_changes_hook";
import { parseLines } from "./ansi";

/** More than this is for a file: a browser would only become slow. */
export const MAX_LINES = 2000;

/** The log of a deployment: its end, as it comes, with its colours, to search in. */
export class DeploymentLogField extends Component {
    static template = "ops_center_deployment.DeploymentLogField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.lines = useRef("lines");
        this.state = useState({ text: "", last: 0, skipped: false, wanted: "", follows: true });
        useLiveChanges(
            ({ model, ids }) =>
                model === this.props.record.resModel && ids.includes(this.props.record.resId),
            () => this.load(),
        );
        onWillStart(() => this.load());
        onMounted(() => this.scroll());
        onPatched(() => this.scroll());
    }

    async load() {
        const { resModel, resId } = this.props.record;
        const told = await this.orm.call(resModel, "read_log", [resId], {
            after: this.state.last,
        });
        if (told.last === this.state.last) {
            return;
        }
        // What was skipped lies between what is shown and what came now.
        const before = told.skipped || !this.state.text ? "" : `${this.state.text}\n`;
        this.state.text = before + told.text;
        this.state.last = told.last;
        this.state.skipped = this.state.skipped || told.skipped;
    }

    scroll() {
        if (this.state.follows && this.lines.el) {
            this.lines.el.scrollTop = this.lines.el.scrollHeight;
        }
    }

    onScroll() {
        const { scrollTop, scrollHeight, clientHeight } = this.lines.el;
        this.state.follows = scrollHeight - scrollTop - clientHeight < 20;
    }

    get all() {
        return parseLines(this.state.text).map((line, index) => ({ ...line, index }));
    }

    get found() {
        const wanted = this.state.wanted.trim().toLowerCase();
        return this.all.filter(({ text }) => text.toLowerCase().includes(wanted));
    }

    get shown() {
        return this.found.slice(-MAX_LINES);
    }

    get note() {
        const left = this.found.length - this.shown.length;
        if (left || this.state.skipped) {
            return _t("This is the end of the log. Download it to see all.");
        }
        return "";
    }

    get url() {
        return `/ops/deployment/${this.props.record.resId}/log`;
    }
}

registry.category("fields").add("ops_deployment_log", {
    component: DeploymentLogField,
    displayName: _t("Log"),
    supportedTypes: ["integer"],
});
