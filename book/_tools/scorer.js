// A Chinese word is asked for by those who want to know what it means: the glossary comes first.
const asksChinese = /[\u3400-\u9fff\uf900-\ufaff]/.test(new URLSearchParams(location.search).get("q") || "");

// How much a page says of what was asked, from 0 to 1. Under each word, pages stand in order of how often they say it.
const saysOften = (docname, words) => {
  const file = Search._index.docnames.indexOf(docname);
  const shares = words.map((word) => {
    const files = [].concat(Search._index.terms[word] ?? []);
    return files.includes(file) ? 1 - files.indexOf(file) / files.length : 0;
  });
  return shares.reduce((sum, share) => sum + share, 0) / (shares.length || 1);
};

// They name everything; who asks by an ordinary word looks for a chapter, who asks by a function's name finds it still.
const behind = (docname) => (docname.includes("/api/") ? 8 : /\/back\/(bibliography|changelog|status)$/.test(docname) ? 2 : 0);

var Scorer = {
  score: ([docname, , , , score]) => {
    const [, words] = Search._parseQuery(new URLSearchParams(location.search).get("q") || "");
    const often = 4 * saysOften(docname, [...words]);
    return score + often + (asksChinese && docname.endsWith("/glossary") ? 10 : 0) - behind(docname);
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  // no more than the word itself in the text: "net" is part of "internet"
  partialTitle: 5,
  term: 5,
  partialTerm: 2,
};
