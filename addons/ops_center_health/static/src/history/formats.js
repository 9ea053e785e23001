import { formatPercentage } from "@web/views/fields/formatters";

const { Duration } = luxon;

/** A share of the time in percent, rounded down: only what is whole is called 100%. */
export function formatShare(share) {
    const digits = share > 0.999 ? 3 : 2;
    const steps = 10 ** (digits + 2);
    return formatPercentage(Math.floor(share * steps) / steps, { digits: [16, digits] });
}

/** A duration in its two largest units. */
export function formatSeconds(seconds) {
    const whole = Math.max(Math.round(seconds), 1);
    const units = [
        ["days", Math.floor(whole / 86400)],
        ["hours", Math.floor(whole / 3600) % 24],
        ["minutes", Math.floor(whole / 60) % 60],
        ["seconds", whole % 60],
    ];
    const first = units.findIndex(([, count]) => count);
    const shown = units.slice(first, first + 2).filter(([, count]) => count);
    return Duration.fromObject(Object.fromEntries(shown)).toHuman({ unitDisplay: "short" });
}

/** Milliseconds, with as many digits as say something. */
export function formatLatency(latency) {
    return latency < 10 ? latency.toFixed(1) : Math.round(latency);
}
