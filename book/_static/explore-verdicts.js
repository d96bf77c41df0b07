/* The board of verdicts: leave options out, for one claim or for all, and see which words hold. */
"use strict";

{
  const SIGNS = { supported: "✓", mixed: "≈", contradicted: "✗", "nothing left": "–" };
  const SAYS = { s: "supports it", c: "contradicts it", u: "leaves it open", "-": "not admissible" };

  /* Places of the options in the combination of that number, and the other way round; the last choice moves fastest. */
  const sizes = (claim) => claim.choices.map(([, options]) => options.length);
  const placesOf = (claim, number) => {
    const places = [];
    for (const size of sizes(claim).reverse()) {
      places.unshift(number % size);
      number = Math.floor(number / size);
    }
    return places;
  };
  const numberOf = (claim, places) => sizes(claim).reduce((sum, size, choice) => sum * size + places[choice], 0);

  /* The rule of the book: supported if the primary specification and all that differ from it in one choice support the
     claim, contradicted if all of these contradict it, mixed otherwise. `admitted` says of each choice which options
     stay. Of the specifications that stay, the one that differs from the declared primary in the fewest choices is
     primary: every first option was declared as that. */
  function judge(claim, admitted) {
    const differing = (places, from) => places.filter((place, choice) => place !== from[choice]).length;
    const declared = claim.choices.map(() => 0);
    const left = [...claim.readings]
      .map((reading, number) => ({ reading, number, places: placesOf(claim, number) }))
      .filter(({ reading, places }) => reading !== "-" && places.every((place, choice) => admitted[choice][place]));
    const counts = { s: 0, u: 0, c: 0 };
    if (!left.length) return { word: "nothing left", primary: null, counts, flips: [] };
    const least = Math.min(...left.map(({ places }) => differing(places, declared)));
    const main = left.find(({ places }) => differing(places, declared) === least);
    for (const { reading } of left) counts[reading] += 1;
    const near = left.filter(({ places }) => differing(places, main.places) <= 1);
    const word = near.every(({ reading }) => reading === "s") ? "supported"
      : near.every(({ reading }) => reading === "c") ? "contradicted" : "mixed";
    const flips = near.filter(({ reading }) => reading !== main.reading).map(({ number }) => number);
    return { word, primary: main.places, counts, flips };
  }
  explore.judge = judge;

  const explorer = explore.open("verdicts", update);
  const { root, data, form } = explorer;
  const places = new Map([...root.querySelectorAll(".claim")].map((place) => [place.dataset.claim, place]));
  const name = (claim, choice, option) => `${claim.id}|${choice}|${option}`;
  const off = () => new Set(form.elements.off.value.split("~").filter(Boolean));

  function admittedOf(claim, left) {
    return claim.choices.map(([choice, options]) => options.map((option) => {
      const everywhere = form.elements.namedItem(`${choice}=${option}`);
      return (!everywhere || everywhere.checked) && !left.has(name(claim, choice, option));
    }));
  }

  function update({ part, show }) {
    const left = off();
    const now = { supported: 0, mixed: 0, contradicted: 0, "nothing left": 0 };
    let changed = 0;
    for (const claim of data) {
      const place = places.get(claim.id);
      const admitted = admittedOf(claim, left);
      const verdict = judge(claim, admitted);
      const moved = verdict.word !== claim.word;
      now[verdict.word] += 1;
      changed += moved;
      place.hidden = !place.dataset.section.startsWith(part)
        || !(show === "" || show === verdict.word || (show === "changed" && moved));
      const word = place.querySelector(".claim-word");
      word.className = `claim-word verdict-${verdict.word.replaceAll(" ", "-")}`;
      word.textContent = `${SIGNS[verdict.word]} ${verdict.word}${moved ? ` (was ${claim.word})` : ""}`;
      place.classList.toggle("claim-moved", moved);
      if (place.open) detail(claim, place, admitted, verdict);
    }
    root.querySelector(".explore-says").textContent =
      `Of ${data.length} testable claims ${now.supported} are supported, ${now.contradicted} contradicted, ${now.mixed} mixed` +
      `${now["nothing left"] ? `; ${now["nothing left"]} have no specification left` : ""}. ` +
      `${changed ? `${changed} differ from the verdicts as declared.` : "This is the board as declared."}`;
  }

  /* What decides an opened claim: each option's number if it alone is changed from the primary specification. */
  function detail(claim, place, admitted, { primary, counts, word }) {
    const all = counts.s + counts.u + counts.c;
    place.querySelector(".claim-counts").textContent = word === "nothing left"
      ? "No verdict: no admissible specification is left."
      : `${all} specification${all === 1 ? "" : "s"}: ${counts.s} support it, ${counts.c} contradict it, ${counts.u} leave it open.`;
    const table = place.querySelector("table");
    const focus = document.activeElement?.dataset.option;
    explore.fill(table, claim.choices.flatMap(([choice, options], row) => options.map((option, column) => {
      const number = numberOf(claim, claim.choices.map((_, other) => (other === row ? column : primary ? primary[other] : 0)));
      const first = Boolean(primary) && column === primary[row];
      return [`${choice}: ${option}`, "", text(claim, number), `${SAYS[claim.readings[number]]}${first ? " (primary)" : ""}`];
    })));
    const rows = [...table.tBodies[0].rows];
    claim.choices.flatMap(([choice, options], row) => options.map((option, column) => [choice, option, admitted[row][column]]))
      .forEach(([choice, option, on], place_) => {
        const everywhere = form.elements.namedItem(`${choice}=${option}`);
        const box = document.createElement("input");
        box.type = "checkbox";
        box.checked = on;
        box.disabled = Boolean(everywhere && !everywhere.checked);
        box.dataset.option = name(claim, choice, option);
        box.setAttribute("aria-label", `Admit ${choice}: ${option}`);
        rows[place_].cells[1].append(box);
        rows[place_].classList.toggle("claim-left-out", !on);
        rows[place_].cells[2].className = "number";
        if (focus === box.dataset.option) box.focus();
      });
  }

  function text(claim, number) {
    if (!claim.numbers[number]) return "n/a";
    const [value, lower, upper] = claim.numbers[number].map((end) => explore.number(end, 2));
    return `${value} ${claim.unit}`.trim() + (lower === undefined ? "" : ` (${lower} to ${upper})`);
  }

  root.addEventListener("change", (event) => {
    const option = event.target.dataset.option;
    if (!option) return;
    const left = off();
    left[event.target.checked ? "delete" : "add"](option);
    form.elements.off.value = [...left].join("~");
    explorer.run();
  });
  for (const place of places.values()) place.addEventListener("toggle", explorer.run);
  explorer.run();
}
