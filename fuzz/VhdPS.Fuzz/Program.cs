using SharpFuzz;
using VhdPS.Tests.Files;
using VhdPS.Tests.Hostile;
using VhdPS.Tests.Nbd;
using VhdPS.Tests.Vhdx;

namespace VhdPS.Fuzz;

/// <summary>
/// Targets for coverage-guided fuzzing: what the tests do with hostile files and peers, with afl-fuzz to make them. The
/// engine's assembly beside this one has to be instrumented first by the tool sharpfuzz.
/// </summary>
internal static class Program
{
    private const string Usage = """
        corpus FOLDER [TARGET]   writes the inputs to begin with
        run FILE [TARGET]        does with one input what the fuzzer does, and shows what comes of it
        [TARGET]                 is run by afl-fuzz

        TARGET: image (where none is given), vhdx, nbd-server, nbd-client
        """;

    private static int Main(string[] args)
    {
        (string command, string path, string target) = args switch
        {
            ["corpus" or "run", var given] => (args[0], given, "image"),
            ["corpus" or "run", var given, var named] => (args[0], given, named),
            [] => ("fuzz", string.Empty, "image"),
            [var named] => ("fuzz", string.Empty, named),
            _ => (string.Empty, string.Empty, string.Empty),
        };
        (Action<byte[]> Exercise, byte[][] Corpus)? chosen = target switch
        {
            "image" => (HostileFile.Exercise, HostileCorpus.Images),
            "vhdx" =>
                (bytes => VhdxHostileFile.Exercise(new MemoryImageFile(bytes)), [.. VhdxMutator.Images.Select(image => image.ToArray())]),
            "nbd-server" => (HearClient, HostilePeer.Clients),
            "nbd-client" => (sent => HostilePeer.ExerciseClient(sent), HostilePeer.Servers),
            _ => null,
        };
        if (chosen is not { } fuzzed)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        switch (command)
        {
            case "corpus":
                Directory.CreateDirectory(path);
                for (int i = 0; i < fuzzed.Corpus.Length; i++)
                {
                    File.WriteAllBytes(Path.Combine(path, $"{i}.{(target == "image" ? "vhd" : target)}"), fuzzed.Corpus[i]);
                }

                break;
            case "run":
                fuzzed.Exercise(File.ReadAllBytes(path));
                break;
            default:
                Fuzzer.OutOfProcess.Run(stream => fuzzed.Exercise(ReadAll(stream)));
                break;
        }

        return 0;
    }

    private static void HearClient(byte[] sent)
    {
        using MemoryDisk disk = HostilePeer.NewDisk(isReadOnly: false);
        HostilePeer.ExerciseServer(sent, disk);
    }

    private static byte[] ReadAll(Stream stream)
    {
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
