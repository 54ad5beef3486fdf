/** A page of a browser that is driven by scripts alone. */
export abstract class DrivenPage {
  abstract open(url: string): Promise<void>;

  /** Runs the body of an async function in the page. @returns what it returns: a string, a number, a boolean. */
  abstract run(script: string): Promise<unknown>;

  /** Ends the browser. */
  abstract close(): Promise<void>;

  /** Waits until a condition holds. */
  async until(condition: string, seconds = 90): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while ((await this.run(`return Boolean(${condition})`)) !== true) {
      if (Date.now() > end) {
        const said = await this.run(
          `return [...document.querySelectorAll('[role=status], [role=alert]')].map((each) => each.textContent).join('; ')`,
        );
        throw new Error(`Not after ${seconds} s: ${condition}. The page says: ${said}`);
      }
      await wait(100);
    }
  }
}

export const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
