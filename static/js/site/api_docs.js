// The page of the API: Swagger UI draws the document that the page names, in the colours of the site.
const place = document.querySelector("#api");
const dark = matchMedia("(prefers-color-scheme: dark)");
const colour = () => {
  const chosen = document.documentElement.dataset.theme;
  document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : dark.matches);
};
colour();
dark.addEventListener("change", colour);
SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1, // the things stand with the operations; two hundred more lines help nobody
  filter: true,
  validatorUrl: null, // nothing is sent to anybody else
});
