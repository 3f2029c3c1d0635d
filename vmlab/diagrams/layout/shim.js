// What the WebAssembly build expects of its host and bare V8 lacks.

globalThis.location = { href: "http://localhost/" };
globalThis.crypto = { getRandomValues: (bytes) => bytes.fill(1) };
globalThis.performance = { now: () => 0 };
globalThis.TextDecoder = class {
  decode(bytes) {
    let text = "";
    for (let i = 0; i < bytes.length; ) {
      let end = i; // nearly all is ASCII: taken in pieces, which is far faster than letters
      while (end < bytes.length && bytes[end] < 0x80 && end - i < 8192) end++;
      if (end > i) {
        text += String.fromCharCode.apply(null, bytes.subarray(i, end));
        i = end;
        continue;
      }
      const first = bytes[i++];
      const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
      let code = first & (0x3f >> more);
      for (let k = 0; k < more; k++) code = (code << 6) | (bytes[i++] & 0x3f);
      text += String.fromCodePoint(code);
    }
    return text;
  }
};
