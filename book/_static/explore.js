/* What the explorable pages share: taking over from the still chart, reading the controls, numbers, charts. */
"use strict";

const explore = {
  /* Show the explorer in place of the still chart; call `update(state)` now and whenever a control changes. */
  open(name, update) {
    const root = document.querySelector(`[data-explore="${name}"]`);
    const data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
    const form = root.querySelector("form");
    document.getElementById(root.dataset.still).closest("div.cell").hidden = true;
    root.hidden = false;
    explore.read(form);
    const run = () => {
      update(explore.state(form));
      explore.write(form);
    };
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", run);
    // the fields have their first values only after the event
    form.addEventListener("reset", () => setTimeout(run));
    window.addEventListener("hashchange", () => {
      if (explore.read(form)) run();
    });
    return { root, data, form, run };
  },

  /* The settings as an object. */
  state: (form) => Object.fromEntries(new FormData(form)),

  /* Take settings from the address, such as #year=2012; say whether there were any. */
  read(form) {
    let found = false;
    for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
      const field = form.elements.namedItem(name);
      if (!field) continue;
      if (field.type === "checkbox") field.checked = value !== "off";
      else field.value = value;
      found = true;
    }
    return found;
  },

  /* Keep settings that are not the first ones in the address, so that it can be passed on. */
  write(form) {
    const changed = new URLSearchParams();
    for (const field of form.elements) {
      const chosen = field.type === "radio" ? field.checked && !field.defaultChecked
        : field.type === "select-one" ? !field.selectedOptions[0]?.defaultSelected
        : field.type === "checkbox" ? !field.checked
        : field.name && field.type !== "reset" && field.value !== field.defaultValue;
      if (chosen) changed.set(field.name, field.type === "checkbox" ? "off" : field.value);
    }
    const hash = changed.size ? `#${changed}` : "";
    if (hash !== location.hash && (hash || location.hash.includes("="))) {
      history.replaceState(null, "", hash || location.pathname + location.search);
    }
  },

  /* A number as the book writes it in a sentence: thousands grouped, a true minus, none before nought. */
  number(value, decimals) {
    let text = Math.abs(value).toFixed(decimals);
    text = text.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",");
    return value < 0 && Number(text.replaceAll(",", "")) !== 0 ? `\u2212${text}` : text;
  },

  /* Write rows into a table: the first cell of a row heads it; a number comes as {value, decimals}. */
  fill(table, rows) {
    table.tBodies[0].replaceChildren(...rows.map((cells) => {
      const row = document.createElement("tr");
      cells.forEach((content, place) => {
        const cell = document.createElement(place ? "td" : "th");
        if (!place) cell.scope = "row";
        if (content && content.decimals !== undefined) {
          cell.className = "number";
          cell.dataset.value = content.value;
          cell.textContent = explore.number(content.value, content.decimals);
        } else {
          cell.textContent = content;
        }
        row.append(cell);
      });
      return row;
    }));
  },

  /* Draw a chart of the data block, without eval: Vega's own interpreter reads its expressions. */
  async draw(root, data, name) {
    const place = root.querySelector(`[data-chart="${name}"]`);
    const options = {
      mode: "vega", renderer: "svg", ast: true, actions: false, defaultStyle: false, tooltip: false,
      // errors only: it would warn that there are no data yet
      logLevel: 1,
    };
    const { view } = await window.vegaEmbed(place, data.charts[name], options);
    return view;
  },
};
