// Where views and the code that all of them share meet: whoever comes first waits.

/** What comes under a key: a promise of it, and a function for who brings it. */
export function arrival(key) {
  const all = (globalThis.vmlabArrivals ??= new Map());
  if (!all.has(key)) {
    const meeting = {};
    meeting.shared = new Promise((come) => (meeting.come = come));
    all.set(key, meeting);
  }
  return all.get(key);
}
