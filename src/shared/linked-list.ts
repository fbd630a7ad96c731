/** Something that is in a list. */
export interface Listed {
  /** Takes it out, if it is still in. */
  remove(): void;
}

class Node<Item> implements Listed {
  readonly item: Item;
  before: Node<Item> | undefined;
  after: Node<Item> | undefined;
  #list: LinkedList<Item> | undefined;

  constructor(list: LinkedList<Item>, item: Item, before: Node<Item> | undefined) {
    this.#list = list;
    this.item = item;
    this.before = before;
  }

  remove(): void {
    this.#list?.unlink(this);
    this.#list = undefined;
  }
}

/**
 * What comes and goes all the time, in the order it came. A `Set` outgrows its tables, and each refers to the one after it: once one of them
 * is old, whatever was in any after it is kept until all of the heap is collected. Here nothing refers to what was taken out.
 */
export class LinkedList<Item> {
  #first: Node<Item> | undefined;
  #last: Node<Item> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The one that is in for longest. */
  get first(): Item | undefined {
    return this.#first?.item;
  }

  /** Those that are in now, the one that is in for longest first. */
  get items(): readonly Item[] {
    const items: Item[] = [];
    for (let node = this.#first; node !== undefined; node = node.after) items.push(node.item);
    return items;
  }

  add(item: Item): Listed {
    const node = new Node(this, item, this.#last);
    if (this.#last === undefined) this.#first = node;
    else this.#last.after = node;
    this.#last = node;
    this.#size += 1;
    return node;
  }

  /** For its own nodes. */
  unlink(node: Node<Item>): void {
    const { before, after } = node;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    node.before = undefined;
    node.after = undefined;
    this.#size -= 1;
  }
}
