// The queue of doubtful labels. Keys and buttons decide; the next image shows at once, and the decision is sent.
// The list of decisions that the server has not confirmed is sent each time, so that none is lost between two of its
// runs. Text is never set as HTML.
const FOUND = 30 // classes listed at once

const percent = (fraction) => `${(100 * fraction).toFixed(fraction > 0 && fraction < 0.01 ? 1 : 0)} %`

const picture = (source, words) => (source ? image(source, words) : element("div", "faint", "cannot be shown"))

function label(kind, words, name, probability) {
  const fill = element("span")
  fill.style.width = `${100 * probability}%`
  return element(
    "div",
    `label ${kind}`,
    element("div", "faint", `${words}, ${percent(probability)}`),
    element("div", "name", name),
    element("div", "track", fill),
  )
}

function key(words, letters, action, className = "", enabled = true) {
  const button = element("button", className, element("span", "words", words))
  if (letters.length) button.append(element("span", "letters", ...letters.map((letter) => element("kbd", "", letter))))
  button.type = "button"
  button.title = words
  button.disabled = !enabled
  button.onclick = () => enabled && action()
  return button
}

class Queue {
  constructor(root) {
    this.root = root
    this.tab = crypto.getRandomValues(new Uint32Array(2)).join("-")
    this.number = 0
    this.sent = []
    this.at = ""
    this.goes = -1
    this.choosing = false
    this.decoded = new Map()
    this.onKey = (event) => this.press(event)
    window.addEventListener("keydown", this.onKey, { capture: true })
  }

  close() {
    window.removeEventListener("keydown", this.onKey, { capture: true })
  }

  take(data, send) {
    this.data = data
    this.send = send
    const confirmed = data.taken[this.tab] ?? 0
    this.sent = this.sent.filter((decision) => decision.number > confirmed)
    if (data.goes !== this.goes && !this.sent.length) {
      this.goes = data.goes
      this.at = data.at
    }
    // decoded ahead, so that the next image is there without a wait
    const shown = data.items.filter((item) => item.image)
    this.decoded = new Map(shown.map((item) => [item.id, this.decoded.get(item.id) ?? image(item.image, "")]))
    this.draw()
  }

  get open() {
    const decided = new Set(this.sent.map((decision) => decision.id))
    return this.data.items.filter((item) => !decided.has(item.id))
  }

  get item() {
    const open = this.open
    const place = this.data.items.find((item) => item.id === this.at)?.place ?? 0
    return open.find((item) => item.id === this.at) ?? open.find((item) => item.place > place) ?? (this.data.more.after ? undefined : open[0])
  }

  tell() {
    this.send({ tab: this.tab, decisions: this.sent, at: this.at })
  }

  decide(what, chosen = "") {
    const item = this.item
    if (!item && what !== "undo") return
    this.choosing = false
    const next = what === "undo" ? undefined : this.open[this.open.indexOf(item) + 1]
    this.number += 1
    this.sent.push({ number: this.number, what, id: what === "undo" ? "" : item.id, label: chosen })
    if (what !== "undo") this.at = next?.id ?? item.id
    this.tell()
    this.draw()
  }

  step(by) {
    const open = this.open
    const next = open[open.indexOf(this.item) + by]
    if (!next) return
    this.choosing = false
    this.at = next.id
    this.tell()
    this.draw()
  }

  choose() {
    if (!this.item) return
    this.choosing = true
    this.draw()
    this.root.querySelector("input")?.focus()
  }

  press(event) {
    if (!this.root.isConnected) return this.close()
    const target = event.composedPath()[0]
    const writes = target instanceof Element && (target.matches("input, textarea, select") || target.isContentEditable)
    const covered = document.querySelector('[role="dialog"]') !== null
    if (writes || covered || event.ctrlKey || event.metaKey || event.altKey || !this.root.getClientRects().length) return
    const onControl = target instanceof Element && target !== document.body && target.matches("button, a, summary, [role], [tabindex]")
    const actions = {
      k: () => this.decide("keep"),
      t: () => this.decide("relabel", this.item?.suggested),
      c: () => this.choose(),
      u: () => this.decide("undo"),
      z: () => this.decide("undo"),
      enter: () => this.decide("relabel", this.item?.suggested),
      arrowright: () => this.step(1),
      arrowleft: () => this.step(-1),
    }
    const name = event.key.toLowerCase()
    const action = actions[name]
    // Enter and arrows belong to a button or a list that has the focus
    if (!action || (onControl && name.length > 1)) return
    event.preventDefault()
    event.stopImmediatePropagation() // Streamlit has keys of its own
    if (!event.repeat || name.startsWith("arrow")) action() // a key that is held down decides once
  }

  draw() {
    const { data } = this
    const item = this.item
    if (item && item.id !== this.at) this.at = item.id
    const left = data.of - data.decided - this.sent.filter((decision) => decision.what !== "undo").length
    const waiting = !item && left > 0
    const shown = JSON.stringify([item?.id, data.of, left, data.said, data.failed, this.choosing, waiting, this.open.length, item?.neighbours?.map((near) => near.label)])
    if (this.shown === shown) return // already drawn, and redrawing would flicker and lose the focus
    this.shown = shown
    const parts = [this.head(item, left), ...(item ? [this.main(item), this.near(item)] : [this.done(waiting)])]
    this.root.replaceChildren(...parts)
    if (this.choosing) this.root.querySelector("input")?.focus()
  }

  head(item, left) {
    const { data } = this
    const done = element("span")
    done.style.width = `${(100 * (data.of - left)) / Math.max(data.of, 1)}%`
    const bar = element("div", "bar", done)
    const words = item ? `${item.place} of ${data.of}` : `${data.of} in all`
    const head = element("div", "head", element("b", "", words), element("span", "faint", `${data.of - left} decided`))
    if (item) head.append(element("span", "faint", `${item.id} · ${item.split}`))
    head.append(bar)
    return head
  }

  main(item) {
    const frame = element("div", "picture", picture(item.image, item.id))
    const side = element("div", "side", label("given", "Labelled", item.given, item.p_given), label("suggested", "Looks like", item.suggested, item.p_suggested))
    side.append(this.choosing ? this.chooser() : this.keys(item), this.said())
    return element("div", "main", frame, side)
  }

  keys(item) {
    const open = this.open
    const index = open.indexOf(item)
    const steps = [
      key("Back", ["←"], () => this.step(-1), "", index > 0),
      key("Later", ["→"], () => this.step(1), "", index < open.length - 1),
    ]
    const decisions = [
      key(`Keep: ${item.given}`, ["K"], () => this.decide("keep"), "wide"),
      key(`Take: ${item.suggested}`, ["T", "Enter"], () => this.decide("relabel", item.suggested), "wide"),
      key("Another …", ["C"], () => this.choose()),
      key("Undo", ["U"], () => this.decide("undo")),
    ]
    return element("div", "keys", ...decisions, ...steps)
  }

  chooser() {
    const input = document.createElement("input")
    input.type = "text"
    input.placeholder = "Type a class"
    input.setAttribute("aria-label", "Another class")
    const list = element("div", "found")
    const box = element("div", "choose", input, list)
    let chosen = 0
    const found = () => {
      const wanted = input.value.trim().toLowerCase()
      const names = this.data.classes.filter((name) => name.toLowerCase().includes(wanted))
      names.sort((one, two) => Number(two.toLowerCase().startsWith(wanted)) - Number(one.toLowerCase().startsWith(wanted)))
      return names.slice(0, FOUND)
    }
    const fill = () => {
      const names = found()
      chosen = Math.max(0, Math.min(chosen, names.length - 1))
      list.replaceChildren(
        ...names.map((name, index) => {
          const button = key(name, [], () => this.decide("relabel", name))
          button.setAttribute("aria-selected", index === chosen)
          return button
        }),
      )
      if (!names.length) list.append(element("span", "faint", "No class is called so."))
      list.children[chosen]?.scrollIntoView?.({ block: "nearest" })
    }
    const leave = () => {
      this.choosing = false
      this.draw()
    }
    input.oninput = () => {
      chosen = 0
      fill()
    }
    input.onkeydown = (event) => {
      event.stopPropagation()
      const names = found()
      if (event.key === "Escape") leave()
      else if (event.key === "Enter" && names.length) this.decide("relabel", names[chosen])
      else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault()
        chosen += event.key === "ArrowDown" ? 1 : -1
        fill()
      }
    }
    fill()
    box.append(key("Back", ["Esc"], leave))
    return box
  }

  near(item) {
    const section = element("section", "")
    if (!item.neighbours.length) return section
    const cards = item.neighbours.map((near) => {
      const kind = near.label === item.given ? "given" : near.label === item.suggested ? "suggested" : "other"
      const words = element("div", "text", `${near.label} · ${near.split}`)
      const card = element("div", `near ${kind}`, element("div", "frame", picture(near.image, near.id)), words)
      card.title = `${near.label} · ${near.split} · ${near.id}`
      return card
    })
    section.append(element("h4", "", "Most similar images"), element("div", "row", ...cards))
    return section
  }

  done(waiting) {
    const words = waiting ? "Loading the next image …" : "All are decided."
    const box = element("div", "done", words)
    if (!waiting && this.data.decided + this.sent.length > 0) box.append(element("div", "keys", key("Undo", ["U"], () => this.decide("undo"), "wide")))
    box.append(this.said())
    return box
  }

  said() {
    const { said, failed } = this.data
    const words = element("div", failed ? "said failed" : "said", said)
    words.setAttribute("role", "status")
    return words
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".queue")
  root.queue ??= new Queue(root)
  root.queue.take(data, (decisions) => setStateValue("sent", decisions))
}
