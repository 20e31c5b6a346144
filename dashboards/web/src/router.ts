import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router"
import { read, write } from "./lib/storage"
import { useSession } from "./stores/session"

const RELOADED = "scrm.reloaded"
const RELOAD_PAUSE = 30_000

const routes: RouteRecordRaw[] = [
  { path: "/sign-in", name: "sign-in", component: () => import("./signin/SignInPage.vue"), meta: { open: true } },
  { path: "/", redirect: "/inbox" },
  { path: "/inbox/:id?", name: "inbox", component: () => import("./inbox/InboxPage.vue") },
  {
    // `table`: what of the page can be exported, /api/v1/reports/TABLE.csv and .xlsx. `plain`: without the filter bar. `alone`:
    // it compares with nothing.
    path: "/dashboard",
    component: () => import("./dashboard/DashboardFrame.vue"),
    children: [
      { path: "", name: "dashboard", component: () => import("./dashboard/OverviewPage.vue"), meta: { table: "overview" } },
      { path: "service", name: "dashboard-service", component: () => import("./dashboard/service/ServicePage.vue"), meta: { table: "service" } },
      { path: "voice", name: "dashboard-voice", component: () => import("./dashboard/VoicePage.vue"), meta: { table: "voice" } },
      { path: "report", name: "dashboard-report", component: () => import("./dashboard/report/ReportPage.vue"), meta: { plain: true } },
    ],
  },
  // `bare`: the page has the screen for itself.
  { path: "/dashboard/wall", name: "dashboard-wall", component: () => import("./dashboard/wall/WallPage.vue"), meta: { bare: true } },
  { path: "/topics", name: "topics", component: () => import("./topics/TopicsPage.vue") },
  {
    path: "/mentions",
    component: () => import("./mentions/MentionsFrame.vue"),
    children: [
      { path: "", name: "mentions", component: () => import("./mentions/StreamPage.vue") },
      { path: "monitors", name: "monitors", component: () => import("./mentions/MonitorsPage.vue") },
      { path: "sources", name: "mention-sources", component: () => import("./mentions/SourcesPage.vue") },
    ],
  },
  { path: "/incidents/:id", name: "incident", component: () => import("./alerts/IncidentPage.vue") },
  { path: "/contacts/:id?", name: "contacts", component: () => import("./contacts/ContactsPage.vue") },
  {
    path: "/settings",
    component: () => import("./settings/SettingsPage.vue"),
    children: [
      { path: "", name: "settings", redirect: "/settings/me" },
      { path: "me", component: () => import("./settings/MePage.vue") },
      { path: "channels", component: () => import("./settings/ChannelsPage.vue") },
      { path: "channels/:id/:tool?", component: () => import("./settings/wechat/AccountPage.vue") },
      { path: "agents", component: () => import("./settings/AgentsPage.vue") },
      { path: "teams", component: () => import("./settings/TeamsPage.vue") },
      { path: "categories", component: () => import("./settings/taxonomy/TaxonomyPage.vue") },
      { path: "categories/:id", component: () => import("./settings/taxonomy/VersionPage.vue") },
      { path: "service", component: () => import("./settings/service/ServiceSettingsPage.vue") },
      { path: "labels", component: () => import("./settings/LabelsPage.vue") },
      { path: "words", component: () => import("./settings/words/WordsPage.vue") },
      { path: "notices", component: () => import("./settings/notices/NoticesPage.vue") },
      { path: "canned", component: () => import("./settings/CannedPage.vue") },
      { path: "tokens", component: () => import("./settings/TokensPage.vue") },
      { path: "journal", component: () => import("./settings/JournalPage.vue") },
      { path: "tasks", component: () => import("./settings/TasksPage.vue") },
    ],
  },
  { path: "/:rest(.*)*", name: "not-found", component: () => import("./shell/NotFound.vue") },
]

export const router = createRouter({ history: createWebHistory("/"), routes })

/** A tab older than the client on the server lacks the pages it did not open yet: it is loaded anew, once, where it wanted to go. */
router.onError((error, to) => {
  const stale = error instanceof Error && /import|preload/i.test(error.message)
  if (!stale || Date.now() - Number(read(RELOADED) ?? 0) < RELOAD_PAUSE) return
  write(RELOADED, String(Date.now()))
  location.assign(to.fullPath)
})

router.beforeEach(async (to) => {
  const session = useSession()
  if (session.state === "unknown") await session.restore().catch(() => undefined)
  if (session.state !== "in" && !to.meta.open) return { name: "sign-in", query: to.path === "/inbox" ? {} : { next: to.fullPath } }
  if (session.state === "in" && to.name === "sign-in") return { name: "inbox" }
  return true
})
