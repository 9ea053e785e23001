import { onWillDestroy, useExternalListener } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { useService } from "@web/core/utils/hooks";

/** Milliseconds from a change to the call: many changes come together. */
export const LIVE_DELAY = 500;

/**
 * Calls back after records changed on the server, at most every `LIVE_DELAY`. Nobody looks at a
 * hidden page, so it is brought up to date when it is shown again.
 *
 * @param {(change: {model: string, ids: number[]}) => boolean} isConcerned
 * @param {() => void} callback
 */
export function useLiveChanges(isConcerned, callback) {
    const busService = useService("bus_service");
    let timer = null;
    let stale = false;

    function refresh() {
        timer = null;
        stale = document.visibilityState === "hidden";
        if (!stale) {
            callback();
        }
    }

    function onChanged(change) {
        if (timer === null && isConcerned(change)) {
            timer = browser.setTimeout(refresh, LIVE_DELAY);
        }
    }

    busService.subscribe("ops_center/changed", onChanged);
    busService.start();
    useExternalListener(document, "visibilitychange", () => stale && refresh());
    onWillDestroy(() => {
        busService.unsubscribe("ops_center/changed", onChanged);
        browser.clearTimeout(timer);
    });
}
