// Runs before the first paint so that a dark screen never flashes white; a file of its own because of the strict CSP.
;(function () {
  try {
    var theme = localStorage.getItem("scrm.theme") || "system"
    var dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches)
    document.documentElement.classList.toggle("dark", dark)
    document.documentElement.lang = localStorage.getItem("scrm.locale") === "en" ? "en" : "zh-CN"
  } catch (e) {
    /* storage is blocked: light and Chinese */
  }
})()
