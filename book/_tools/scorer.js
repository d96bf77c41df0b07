// A Chinese word is asked for by those who want to know what it means: the glossary comes first. The chapters come
// before the reference of functions, which repeats their words.
const asksChinese = /[\u3400-\u9fff\uf900-\ufaff]/.test(new URLSearchParams(location.search).get("q") || "");
var Scorer = {
  score: ([docname, , , , score]) =>
    score + (asksChinese && docname.endsWith("/glossary") ? 10 : 0) - (docname.includes("/api/") ? 20 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
