import { expect, test } from "@odoo/hoot";
import { contains, defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { parseLines } from "@ops_center_deployment/log/ansi";

const RED = "\x1b[31m";
const BOLD = "\x1b[1m";
const PLAIN = "\x1b[0m";

class Deployed extends models.Model {
    _name = "deployed";

    log_received = fields.Integer();

    _records = [{ id: 1, log_received: 60 }];

    read_log(_ids, after) {
        return after
            ? { text: "", last: after, skipped: false }
            : {
                  text: `Building\n${RED}it failed${PLAIN} at last\nThe end`,
                  last: 7,
                  skipped: false,
              };
    }
}

defineModels([Deployed]);
defineMailModels();

test("colours go on over lines until they are changed", () => {
    const [first, second] = parseLines(`a${RED}b\nc${PLAIN}d`);
    expect(first.text).toBe("ab");
    expect(first.pieces).toEqual([
        { text: "a", classes: "" },
        { text: "b", classes: "o_ops_log_red" },
    ]);
    expect(second.pieces).toEqual([
        { text: "c", classes: "o_ops_log_red" },
        { text: "d", classes: "" },
    ]);
});

test("what is bold, bright or unknown", () => {
    const [line] = parseLines(`${BOLD}a\x1b[22;92mb\x1b[38mc`);
    expect(line.pieces.map(({ classes }) => classes)).toEqual([
        "fw-bold",
        "o_ops_log_green",
        "o_ops_log_green",
    ]);
});

test("shows the log, to search in and to download", async () => {
    await mountView({
        type: "form",
        resModel: "deployed",
        resId: 1,
        arch: `<form><field name="log_received" widget="ops_deployment_log"/></form>`,
    });
    expect("[role=log] > div").toHaveCount(3);
    expect(".o_ops_log_red").toHaveText("it failed");
    expect("a[download]").toHaveAttribute("href", "/ops/deployment/1/log");
    await contains("input[type=search]").edit(" FAILED", { confirm: false });
    expect("[role=log] > div").toHaveCount(1);
    await contains("input[type=search]").edit("missing", { confirm: false });
    expect("[role=log]").toHaveText("No line says so.");
});
