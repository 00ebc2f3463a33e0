// One stream of server-sent events for all open phones (a browser allows only six connections to a host).

const KINDS = ["message", "edit", "delete", "typing", "toast", "person", "commands"];
const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;

/**
 * handlers: {event(kind, data), open(), state("on" | "off")}.
 * open() is called after each (re)connection: whatever happened meanwhile is then read again from the server.
 */
export class Stream {
  constructor(handlers) {
    this.handlers = handlers;
    this.people = "";
    this.source = null;
    this.wait = FIRST_WAIT;
    this.timer = 0;
  }

  follow(ids) {
    const people = ids.join(",");
    if (people === this.people && this.source) return;
    this.people = people;
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
    if (!this.people) return this.handlers.state("on");
    const source = new EventSource(`/sim/events?person=${this.people}`);
    this.source = source;
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.receive(kind, event.data));
    source.onopen = () => {
      this.wait = FIRST_WAIT;
      this.handlers.state("on");
      this.handlers.open();
    };
    source.onerror = () => {
      this.handlers.state("off");
      // The browser reconnects by itself, with Last-Event-ID, unless the server refused it outright.
      if (source.readyState !== EventSource.CLOSED) return;
      this.timer = setTimeout(() => this.connect(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    };
  }

  receive(kind, text) {
    try {
      this.handlers.event(kind, JSON.parse(text));
    } catch (error) {
      console.error("unreadable event", kind, error);
    }
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }
}
