/* The linkage map: choose a table and an assumption, follow a sector over the years. */
"use strict";

{
  const ROLES = { "integrated product": "var(--explore-1)", "base industry": "var(--explore-2)", other: "var(--explore-muted)" };
  const key = (region, year, imports) => `${region} ${year} ${imports}`;
  let view, states, sectors;
  const explorer = explore.open("map", update);
  const { root, data, form } = explorer;

  function update(state) {
    if (!view) return;
    allow(state);
    state = explore.state(form);
    const rows = rowsOf(states.get(key(state.region, state.year, state.imports)));
    const followed = rows.find((row) => row.code === state.sector);
    say(state, rows, followed);
    tabulate(state, rows);
    draw(state, rows);
  }

  /* Offer only tables that exist, and assumptions that a table can carry. */
  function allow({ region, imports }) {
    const radios = (name) => [...form.elements[name]];
    const choose = (name, possible, otherwise) => {
      for (const radio of radios(name)) radio.disabled = !possible(radio.value);
      const chosen = radios(name).find((radio) => radio.checked);
      if (!chosen || chosen.disabled) radios(name).find((radio) => radio.value === otherwise).checked = true;
    };
    choose("year", (year) => states.has(key(region, year, "net inflow")), "2017");
    const { year } = explore.state(form);
    choose("imports", (name) => states.has(key(region, year, name)), "net inflow");
  }

  /* A row for each sector with output, ranked both ways. */
  function rowsOf(state) {
    const rows = sectors
      .map((sector, place) => ({ ...sector, backward: state.backward[place], forward: state.forward[place] }))
      .filter((row) => row.backward !== null);
    for (const row of rows) {
      row.pullRank = 1 + rows.filter((other) => other.backward > row.backward).length;
      row.pushRank = 1 + rows.filter((other) => other.forward > row.forward).length;
      row.field = row.backward > 1 ? (row.forward > 1 ? "pulls and pushes" : "pulls") : row.forward > 1 ? "pushes" : "neither";
    }
    return rows.sort((one, other) => other.backward - one.backward);
  }

  function say({ region, year, imports, sector }, rows, followed) {
    const best = (name) => rows.reduce((most, row) => (row[name] > most[name] ? row : most));
    const name = sectors.find((one) => one.code === sector).sector;
    const place = followed
      ? `${name}: pull ${explore.number(followed.backward, 2)} (number ${followed.pullRank} of ${rows.length}), push ` +
        `${explore.number(followed.forward, 2)} (number ${followed.pushRank}).`
      : `${name} has no output here.`;
    const text = `${region} ${year}, ${imports}. ${place} Strongest pull: ${best("backward").sector}; strongest push: ${best("forward").sector}.`;
    root.querySelector(".explore-says").textContent = text;
    view.description(text);
  }

  function tabulate({ region, year, imports }, rows) {
    const table = root.querySelector("table");
    table.caption.textContent = `Linkage indices of every sector, ${region} ${year}, ${imports}`;
    explore.fill(table, rows.map((row) => [
      row.sector,
      { value: row.backward, decimals: 3 },
      { value: row.pullRank, decimals: 0 },
      { value: row.forward, decimals: 3 },
      { value: row.pushRank, decimals: 0 },
      row.field,
    ]));
  }

  function draw({ region, year, imports, sector }, rows) {
    const years = data.states.filter((state) => state.region === region && state.imports === imports);
    const path = years.flatMap((state) => rowsOf(state).filter((row) => row.code === sector)
      .map((row) => ({ ...row, year: state.year, name: state.year === Number(year) ? "" : String(state.year) })));
    // the axes stay while only the year changes
    const ends = (name) => {
      const all = years.flatMap((state) => state[name]).filter((value) => value !== null);
      return [Math.min(...all, 1), Math.max(...all, 1)];
    };
    const [backward, forward] = [ends("backward"), ends("forward")];
    const points = rows.map((row) => ({
      ...row,
      followed: row.code === sector,
      ink: row.code === sector ? "var(--explore-3)" : ROLES[row.role],
      // named first: the followed sector, those that the paper names, then what lies far out
      order: row.code === sector ? -2 : row.role !== "other" ? -1 : 1 / Math.hypot(row.backward - 1, row.forward - 1),
    }));
    view.data("frame", [0, 1].map((end) => ({ backward: backward[end], forward: forward[end] })));
    view.data("path", path.filter((row) => path.length > 1));
    view.data("points", points).runAsync();
  }

  explore.draw(root, data, "map").then((drawn) => {
    view = drawn;
    explorer.run();
    view.addEventListener("click", (event, item) => {
      if (!item?.datum?.code) return;
      form.elements.sector.value = item.datum.code;
      explorer.run();
    });
  });
  sectors = data.sectors;
  states = new Map(data.states.map((state) => [key(state.region, state.year, state.imports), state]));
}
