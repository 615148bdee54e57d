// Runs in every frame before anything else. Whatever a story manages to start
// is told to the test by the binding __tell.
(() => {
  const tell = window.__tell ?? (() => {});
  for (const name of ["alert", "confirm", "prompt", "print", "open", "eval", "fetch"]) {
    window[name] = () => tell("calls " + name);
  }
  for (const name of Object.keys(console)) console[name] = () => tell("calls console." + name);
  document.write = document.writeln = () => tell("calls document.write");
  // The pages have a policy that only reports: each script or style of a story
  // breaks it, also one that does nothing that the hooks above would see.
  addEventListener("securitypolicyviolation", (e) => {
    if (e.isTrusted) tell(`breaks ${e.effectiveDirective}: ${e.blockedURI} ${e.sample}`);
  });
  addEventListener("error", (e) => {
    if (e instanceof ErrorEvent) tell("fails in a script: " + e.message);
  }, true);
})();
