/** Colours of terminals (ECMA-48, SGR), as far as logs use them. */
const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const SEQUENCE = /\x1b\[([0-9;]*)m/g; // eslint-disable-line no-control-regex

function apply(style, codes) {
    for (const code of codes) {
        if (code === 0) {
            style = { colour: "", bold: false };
        } else if (code === 1) {
            style = { ...style, bold: true };
        } else if (code === 22) {
            style = { ...style, bold: false };
        } else if (code === 39) {
            style = { ...style, colour: "" };
        } else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
            style = { ...style, colour: COLOURS[code % 10] };
        }
    }
    return style;
}

/**
 * Splits lines into pieces of one colour. A colour goes on until it is changed, over lines, too.
 *
 * @param {string} text
 * @returns {{text: string, pieces: {text: string, classes: string}[]}[]}
 */
export function parseLines(text) {
    let style = { colour: "", bold: false };
    return text.split("\n").map((line) => {
        const pieces = [];
        let begin = 0;
        const push = (end) => {
            if (end > begin) {
                const classes = [
                    style.colour && `o_ops_log_${style.colour}`,
                    style.bold && "fw-bold",
                ];
                pieces.push({
                    text: line.slice(begin, end),
                    classes: classes.filter(Boolean).join(" "),
                });
            }
        };
        for (const match of line.matchAll(SEQUENCE)) {
            push(match.index);
            style = apply(style, match[1].split(";").map(Number));
            begin = match.index + match[0].length;
        }
        push(line.length);
        return { text: pieces.map((piece) => piece.text).join(""), pieces };
    });
}
