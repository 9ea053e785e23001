import { useState } from "@odoo/owl";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";

/**
 * What the server tells of the history of the check that a form shows, anew after each result.
 *
 * @param {string} method of `ops.health.check`, which is called with what the user chose
 * @param {string|number} choice what is shown first
 * @returns what the user chose, what was `loaded` for which choice, and how to choose
 */
export function useCheckHistory(method, choice) {
    const orm = useService("orm");
    const keepLast = new KeepLast();
    const history = useState({ choice, loaded: null, choose });
    let resId = null;

    async function load() {
        const wanted = history.choice;
        const data = await keepLast.add(
            orm.silent.call("ops.health.check", method, [[resId], wanted]),
        );
        history.loaded = { choice: wanted, data };
    }

    function choose(wanted) {
        history.choice = wanted;
        return load();
    }

    useRecordObserver((record) => {
        resId = record.resId;
        // Whoever reads it is called again when it changes.
        if (resId && record.data.last_at !== undefined) {
            // The form needn't wait for it.
            load();
        }
    });
    return history;
}
