import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";
import { useLiveChanges } from "./live_changes_hook";

/**
 * Views that follow what happens on the server: `js_class="ops_center_live_list"`, `…_kanban` and
 * `…_form`. They wait while the user edits or selects something.
 */
const liveMultiRecord = (Controller) =>
    class extends Controller {
        setup() {
            super.setup(...arguments);
            useLiveChanges(
                ({ model }) => model === this.props.resModel,
                () => {
                    const { editedRecord, selection } = this.model.root;
                    if (!editedRecord && !selection?.length) {
                        // Otherwise the first real record would be shown as a sample.
                        this.model.useSampleModel = false;
                        this.model.load();
                    }
                },
            );
        }
    };

class LiveFormController extends FormController {
    setup() {
        super.setup(...arguments);
        useLiveChanges(
            ({ model, ids }) =>
                model === this.props.resModel && ids.includes(this.model.root.resId),
            async () => {
                if (!(await this.model.root.isDirty())) {
                    this.model.load();
                }
            },
        );
    }
}

registry
    .category("views")
    .add("ops_center_live_list", {
        ...listView,
        Controller: liveMultiRecord(ListController),
    })
    .add("ops_center_live_kanban", {
        ...kanbanView,
        Controller: liveMultiRecord(KanbanController),
    })
    .add("ops_center_live_form", { ...formView, Controller: LiveFormController });
