// What the linter looks at: the JavaScript of the widgets, the site and the pages, the engines' scripts, the tests.

import js from "@eslint/js";
import globals from "globals";

// A message that is put together cannot be found by what collects them for translators.
const literal = {
  selector: "CallExpression[callee.name='say'] > :first-child:not(Literal)",
  message: "say() takes its message as one literal string",
};

// What people read is said. It has two plain words in a row, a word beside a value, or is one word
// with a capital letter that is not the name of a key. What is none of that is a name or CSS.
const words = "(?<![\\w.:#>!-])[A-Za-z][a-z]+,? [a-z]{2,}(?![\\w-])";
const word = "^(?!(?:Arrow|End|Enter|Escape|Home|Tab)$)[A-Z][a-z]+[.:…]?$";
const beside = "(?<![\\w-])[a-z]{2,} $|^ [a-z]{2,}(?![\\w-])";
const prose = {
  selector:
    `:not(CallExpression[callee.name='say']) > Literal[value=/${words}|${word}/], ` +
    `TemplateElement[value.cooked=/${words}|${beside}/]`,
  message: "what people read stands in say(), where translators find it",
};

export default [
  { ignores: ["**/vendor/", "build/", "dist/", ".venv/"] },
  js.configs.recommended,
  {
    files: ["vmlab/widgets/frontend/*.js"],
    languageOptions: { globals: globals.browser },
    rules: { "no-restricted-syntax": ["error", literal, prose] },
  },
  {
    files: ["vmlab/diagrams/layout/*.js"],
    languageOptions: { sourceType: "script", globals: { vmlabDraw: "readonly", vmlabViz: "readonly" } },
    rules: { "no-restricted-syntax": ["error", prose] },
  },
  {
    files: ["site_build/lab/static/*.js", "site_build/kernel/*"],
    languageOptions: { globals: globals.browser },
    rules: { "no-restricted-syntax": ["error", prose] },
  },
  {
    files: ["docs/_static/*.js"],
    languageOptions: { globals: globals.browser },
  },
  {
    files: ["tests/frontend/*.js"],
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
  },
];
