// Before anything is drawn: the colours that the reader chose, where the theme keeps them.
for (const name of ["mode", "theme"]) document.documentElement.dataset[name] = localStorage.getItem(name) || "auto";

document.addEventListener("click", (event) => {
  if (event.target.closest(".btn-download-pdf-button")) print();
});
