import { createPinia } from "pinia"
import { createApp } from "vue"
import App from "./App.vue"
import { keepFocus } from "./lib/focus"
import { router } from "./router"
import "./styles/element.css"
import "./styles/tokens.css"
import "./styles/base.css"
import "./styles/controls.css"
import "./styles/fields.css"
import "./styles/shell.css"
import "./styles/inbox.css"
import "./styles/pages.css"

keepFocus()
createApp(App).use(createPinia()).use(router).mount("#app")
