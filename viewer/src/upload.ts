import { csrfToken } from "./http";

/** What became of one match file; an archive may hold several. */
export interface Received {
  name: string;
  job_id: string;
  match_url: string;
  duplicate: boolean;
  error: string;
  hint: string;
}

export class UploadError extends Error {
  constructor(
    message: string,
    readonly hint = "",
  ) {
    super(message);
  }
}

interface Answer {
  files?: Received[];
  error?: string;
  hint?: string;
}

/** Send a file as it is, without loading it into memory; `onProgress` hears the bytes sent. */
export function upload(file: File, onProgress: (sent: number) => void): Promise<Received[]> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch cannot tell how much of a body has been sent
    request.open("POST", `/upload/?name=${encodeURIComponent(file.name)}`);
    request.responseType = "json";
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => {
      const { files } = (request.response ?? {}) as Answer;
      if (files) resolve(files);
      else reject(problem(request));
    });
    request.addEventListener("error", () =>
      reject(new UploadError("The connection was lost during the upload.", "Check that Offangle is running, then try again.")),
    );
    request.send(file);
  });
}

function problem(request: XMLHttpRequest): UploadError {
  const answer = (request.response ?? {}) as Answer;
  if (answer.error) return new UploadError(answer.error, answer.hint);
  if (request.status === 401 || request.status === 403) return new UploadError("You are signed out.", "Reload the page and sign in.");
  return new UploadError(`The server answered ${request.status}.`, "Try again; if it happens again, look at the log.");
}
