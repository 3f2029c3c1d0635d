// What the linter looks at: the widgets' JavaScript, the engines' two scripts, and the tests.

import js from "@eslint/js";
import globals from "globals";

// A message that is put together cannot be found by what collects them for translators.
const literal = {
  selector: "CallExpression[callee.name='say'] > :first-child:not(Literal)",
  message: "say() takes its message as one literal string",
};

export default [
  { ignores: ["**/vendor/", "build/", "dist/", ".venv/"] },
  js.configs.recommended,
  {
    files: ["vmlab/widgets/frontend/*.js"],
    languageOptions: { globals: globals.browser },
    rules: { "no-restricted-syntax": ["error", literal] },
  },
  {
    files: ["vmlab/diagrams/layout/*.js"],
    languageOptions: { sourceType: "script", globals: { vmlabViz: "readonly" } },
  },
  {
    files: ["tests/frontend/*.js"],
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
  },
];
