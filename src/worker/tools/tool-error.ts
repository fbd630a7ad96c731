import { Failure } from '../../shared/errors.ts';

/**
 * What a tool throws when the model that called it can mend the matter: an argument that makes no
 * sense, a thing that does not exist. Its message goes to the model, so it is written for it, and
 * holds no text of a library, a database or another server.
 */
export class ToolError extends Failure {
  override readonly name = 'ToolError';

  constructor(message: string, options?: ErrorOptions) {
    super('invalid', message, options);
  }
}
