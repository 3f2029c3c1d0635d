// Where Python lays down DOT text, and finds what `draw.js` said of it. To set and to read a property
// of V8 takes a small part of the time that a call takes, which counts in a picture of few nodes.
// What is thrown inside a property would be lost, so it is kept as `failure`, and `said` is empty.
({
  said: "",
  failure: "",
  set dot(text) {
    this.said = this.failure = "";
    try {
      this.said = vmlabDraw(text);
    } catch (failure) {
      this.failure = String(failure);
    }
  },
});
