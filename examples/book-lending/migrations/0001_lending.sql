-- Up Migration
create table book (
  id integer generated always as identity primary key,
  title text not null,
  author text not null
);

create table loan (
  id integer generated always as identity primary key,
  book integer not null references book,
  borrower text not null check (borrower <> ''),
  lent_on date not null default current_date,
  returned_on date
);
-- A book is lent once at a time.
create unique index loan_open on loan (book) where returned_on is null;

insert into book (title, author) values
  ('The Left Hand of Darkness', 'Ursula K. Le Guin'),
  ('Invisible Cities', 'Italo Calvino'),
  ('The Summer Book', 'Tove Jansson'),
  ('Stoner', 'John Williams');

-- Down Migration
drop table loan;
drop table book;
