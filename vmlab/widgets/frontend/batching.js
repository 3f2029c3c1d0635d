// Takes what changed in several views out of one message.

export default {
  initialize({ model }) {
    const { widget_manager: manager } = model;
    const take = async ({ type, states }) => {
      if (type !== "states") return;
      const models = await Promise.all(Object.keys(states).map((id) => manager.get_model(id)));
      for (const changed of models) changed.set_state(states[changed.model_id]);
    };
    model.on("msg:custom", take);
    try {
      if (manager?.get_model) model.send({ type: "ready" });
    } catch {
      // A saved view: there is no kernel that could send anything.
    }
    return () => model.off("msg:custom", take);
  },
};
