// What Jupyter gives to a view, where there is no Jupyter: traits that can be watched.

export class LocalModel {
  /** `changed` is called after a view saved what it changed, `told` with what it says to Python. */
  constructor(traits, { changed = () => {}, told = () => {} } = {}) {
    Object.assign(this, { traits: new Map(Object.entries(traits)), handlers: new Map(), changed, told });
  }

  get(name) {
    return this.traits.get(name);
  }

  set(name, value) {
    if (Object.is(this.get(name), value)) return;
    this.traits.set(name, value);
    for (const handle of [...(this.handlers.get(`change:${name}`) ?? [])]) handle();
  }

  update(traits) {
    for (const [name, value] of Object.entries(traits)) this.set(name, value);
  }

  on(name, handle) {
    this.handlers.set(name, (this.handlers.get(name) ?? new Set()).add(handle));
  }

  off(name, handle) {
    this.handlers.get(name)?.delete(handle);
  }

  send(message) {
    this.told(message);
  }

  save_changes() {
    this.changed();
  }
}
