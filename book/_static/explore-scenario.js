/* The scenario of the clusters' demand: every effect is a sum of slider times multiplier. */
"use strict";

{
  const MILLIONS = 1000; // sliders are in billion yuan
  const MOST = 12; // sectors drawn; all are in the table
  const explorer = explore.open("scenario", update);
  const { root, data, form } = explorer;
  const views = {};
  const effects = { output: "output", value_added: "value added", leakage: "leakage" };

  /* Add up lists, one a slider, weighted by the sliders. */
  const add = (lists, demand) =>
    lists[0].map((_, place) => MILLIONS * lists.reduce((sum, list, slider) => sum + demand[slider] * list[place], 0));
  const total = (values) => values.reduce((sum, value) => sum + value, 0);
  const amount = (value) => explore.number(value, Math.abs(value) < 9.95 ? 1 : 0);

  /* Values by region, and within which limits all estimates lie. */
  function byRegion(bought, effect, demand) {
    const size = data.sectors.length;
    const cells = add(data.across[bought][effect], demand);
    const value = data.regions.map((_, region) => total(cells.slice(region * size, (region + 1) * size)));
    const all = [value, ...data.others[bought][effect].map((lists) => add(lists, demand))];
    return { cells, value, all };
  }

  function update(state) {
    const demand = data.sliders.map(({ code }) => Number(state[code]));
    for (const { code } of data.sliders) {
      const field = form.elements.namedItem(code);
      const text = `${Number(field.value) > 0 ? "+" : ""}${explore.number(Number(field.value), 1)} billion yuan`;
      field.nextElementSibling.textContent = text;
      field.setAttribute("aria-valuetext", text);
    }
    const { bought, imports, effect } = state;
    const city = Object.fromEntries(Object.keys(effects).map((name) => [
      name, Object.fromEntries(Object.entries(data.city[bought]).map(([key, lists]) => [key, add(lists[name], demand)])),
    ]));
    const across = Object.fromEntries(Object.keys(effects).map((name) => [name, byRegion(bought, name, demand)]));
    say(state, demand, city, across);
    tabulate(state, city, across);
    draw(state, city[effect], across, effect, imports);
  }

  function say({ bought, imports }, demand, city, across) {
    const sums = Object.values(city.value_added).map(total);
    const delta = across.value_added.value;
    const who = bought === "anywhere" ? "bought by Shanghai" : "of Shanghai's products bought elsewhere";
    root.querySelector(".explore-says").textContent =
      `${explore.number(total(demand), 1)} billion yuan of demand, ${who}: ${amount(total(city.value_added[imports]))} million yuan of value ` +
      `added in the city under ${imports} (${amount(Math.min(...sums))} to ${amount(Math.max(...sums))} over the three assumptions), ` +
      `${amount(total(city.output[imports]))} of output; ${amount(total(city.leakage[imports]))} leak out. ` +
      `By the estimated table ${data.regions.slice(1).map((name, place) => `${name} gets ${amount(delta[place + 1])}`).join(", ")}.`;
  }

  function tabulate({ imports, effect }, city, across) {
    const cell = (value) => ({ value, decimals: 1 });
    const [sums, sectors] = root.querySelectorAll("table");
    explore.fill(sums, Object.entries(effects).map(([name, label]) => {
      const cases = Object.values(city[name]).map(total);
      return [label, cell(total(city[name][imports])), cell(Math.min(...cases)), cell(Math.max(...cases)), ...across[name].value.map(cell)];
    }));
    const size = data.sectors.length;
    sectors.caption.textContent = `The change in ${effects[effect]} by ${effect === "leakage" ? "product" : "sector"} and province, ${imports}`;
    explore.fill(sectors, data.sectors.map((sector, place) => [
      sector, cell(city[effect][imports][place]), ...data.regions.map((_, region) => cell(across[effect].cells[region * size + place])),
    ]));
  }

  function draw(state, cases, across, effect, imports) {
    if (!views.sectors || !views.regions) return;
    const of = (name, value, all) => ({ name, value, low: Math.min(...all), high: Math.max(...all), text: amount(value) });
    const sectors = data.sectors
      .map((name, place) => of(name, cases[imports][place], Object.values(cases).map((values) => values[place])))
      .sort((one, other) => Math.abs(other.value) - Math.abs(one.value) || other.high - one.high)
      .slice(0, MOST);
    const found = across[effect];
    const regions = data.regions.map((name, place) => of(name, found.value[place], found.all.map((values) => values[place])));
    if (effect === "value_added") {
      const leak = across.leakage;
      regions.push(of("Abroad", total(leak.value), leak.all.map(total)));
    }
    const label = effects[effect];
    title("sectors", `Change in ${label} in Shanghai, million yuan: the ${effect === "leakage" ? "products" : "sectors"} that move most`);
    title("regions", `${effect === "leakage" ? "Imports from abroad" : `Change in ${label}`} by province, estimated, million yuan`);
    for (const [name, rows] of Object.entries({ sectors, regions })) {
      const span = Math.max(...rows.map((row) => row.high), 0) - Math.min(...rows.map((row) => row.low), 0);
      // in the width that is left, room for the number after the line
      const room = (50 * span) / Math.max(views[name].width() - 50, 50);
      views[name].data("rows", rows.map((row) => ({ ...row, room: row.high + room })));
      views[name].description(`${root.querySelector(`[data-title="${name}"]`).textContent}: ` +
        rows.map((row) => `${row.name} ${row.text}`).join(", "));
      views[name].runAsync();
    }
  }

  function title(name, text) {
    root.querySelector(`[data-title="${name}"]`).textContent = text;
  }

  explorer.run();
  for (const name of ["sectors", "regions"]) {
    const chart = data.charts[name];
    // on a phone the name of the axis would be cut; the title has the unit
    if (root.clientWidth < 450) for (const axis of chart.axes) delete axis.title;
    explore.draw(root, data, name).then((view) => {
      views[name] = view;
      explorer.run();
    });
  }
}
