import { expect, test } from "@odoo/hoot";
import { contains, defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

class Watched extends models.Model {
    _name = "watched";

    modules = fields.Json();

    _records = [{ id: 1, modules: { stock: "17.0.1.1", sale: "17.0.1.2", sale_crm: "17.0.1.0" } }];
}

defineModels([Watched]);
defineMailModels();

test("lists the installed modules by name, to search in", async () => {
    await mountView({
        type: "form",
        resModel: "watched",
        resId: 1,
        arch: `<form><field name="modules" widget="ops_modules"/></form>`,
    });
    expect("summary").toHaveText("3 installed modules");
    await contains("summary").click();
    expect(".o_ops_modules tbody tr").toHaveCount(3);
    expect(".o_ops_modules tbody tr:first").toHaveText("sale 17.0.1.2");
    await contains("input[type=search]").edit(" SALE", { confirm: false });
    expect(".o_ops_modules tbody tr").toHaveCount(2);
    await contains("input[type=search]").edit("purchase", { confirm: false });
    expect(".o_ops_modules tbody").toHaveText("No module is named so.");
});
