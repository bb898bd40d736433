// Write HOW - writes the file that MAIL names to the one that F names.
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

public class Write {
	public static void main(String[] arguments) throws IOException {
		Path from = Path.of(System.getenv("MAIL"));
		Path to = Path.of(System.getenv("F"));

		if (arguments[0].equals("copy"))
			Files.copy(from, to);
		else
			Files.writeString(to, Files.readString(from));
	}
}
