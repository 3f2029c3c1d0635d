// What people read, in the language that Python spoke when it made the view.

let words = {}; // English -> the reader's language; what is not there is said in English

/** Say everything from now on with the words of a model: there is this module once for each language. */
export function speak(model) {
  words = model.get("_words") ?? {};
}

/** Say a message; values stand in it by name, in braces. */
export function say(message, values = {}) {
  const text = words[message] ?? message;
  return text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}
