      *> Copies the lines of MAIL to the LINE SEQUENTIAL file F.
       IDENTIFICATION DIVISION.
       PROGRAM-ID. LINES-OUT.
       ENVIRONMENT DIVISION.
       INPUT-OUTPUT SECTION.
       FILE-CONTROL.
           SELECT MAIL-IN ASSIGN TO IN-NAME
               ORGANIZATION IS LINE SEQUENTIAL.
           SELECT MAIL-OUT ASSIGN TO OUT-NAME
               ORGANIZATION IS LINE SEQUENTIAL.
       DATA DIVISION.
       FILE SECTION.
       FD  MAIL-IN.
       01  IN-LINE PIC X(80).
       FD  MAIL-OUT.
       01  OUT-LINE PIC X(80).
       WORKING-STORAGE SECTION.
       01  IN-NAME PIC X(512).
       01  OUT-NAME PIC X(512).
       01  IS-OVER PIC 9 VALUE 0.
       PROCEDURE DIVISION.
           ACCEPT IN-NAME FROM ENVIRONMENT "MAIL".
           ACCEPT OUT-NAME FROM ENVIRONMENT "F".
           OPEN INPUT MAIL-IN.
           OPEN OUTPUT MAIL-OUT.
           PERFORM UNTIL IS-OVER = 1
               READ MAIL-IN
                   AT END MOVE 1 TO IS-OVER
                   NOT AT END
                       MOVE IN-LINE TO OUT-LINE
                       WRITE OUT-LINE
               END-READ
           END-PERFORM.
           CLOSE MAIL-IN MAIL-OUT.
           STOP RUN.
