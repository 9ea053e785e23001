import { Component, xml } from "@odoo/owl";

/** A few buttons of which one is pressed. */
export class ChoiceButtons extends Component {
    static template = xml`
        <div class="btn-group btn-group-sm" role="group" t-att-aria-label="props.label">
            <button
                t-foreach="props.choices"
                t-as="choice"
                t-key="choice.value"
                type="button"
                class="btn btn-outline-secondary"
                t-att-class="{ active: choice.value === props.chosen }"
                t-att-aria-pressed="choice.value === props.chosen ? 'true' : 'false'"
                t-on-click="() => props.choose(choice.value)"
                t-esc="choice.label"
            />
        </div>`;
    static props = {
        label: { type: String },
        choices: { type: Array },
        chosen: { type: [String, Number] },
        choose: { type: Function },
    };
}
