using SharpFuzz;
using VhdPS.Tests.Hostile;
using VhdPS.Tests.Storage;
using VhdPS.Tests.Vhdx;

namespace VhdPS.Fuzz;

/// <summary>
/// A target for coverage-guided fuzzing: what the tests do with hostile files, with afl-fuzz to make them. The engine's
/// assembly beside this one has to be instrumented first by the tool sharpfuzz.
/// </summary>
internal static class Program
{
    private const string Usage = """
        corpus FOLDER   writes the files to begin with
        run FILE        does with one file what the fuzzer does, and shows what comes of it
        (nothing)       is run by afl-fuzz
        """;

    private static int Main(string[] args)
    {
        switch (args)
        {
            case []:
                Fuzzer.OutOfProcess.Run(stream => Exercise(ReadAll(stream)));
                return 0;
            case ["corpus", var folder]:
                Directory.CreateDirectory(folder);
                for (int i = 0; i < HostileCorpus.Images.Length; i++)
                {
                    File.WriteAllBytes(Path.Combine(folder, $"{i}.vhd"), HostileCorpus.Images[i]);
                }

                for (int i = 0; i < VhdxMutator.Images.Length; i++)
                {
                    File.WriteAllBytes(Path.Combine(folder, $"{i}.vhdx"), VhdxMutator.Images[i].ToArray());
                }

                return 0;
            case ["run", var path]:
                Exercise(File.ReadAllBytes(path));
                return 0;
            default:
                Console.Error.WriteLine(Usage);
                return 2;
        }
    }

    private static void Exercise(byte[] bytes)
    {
        if (bytes.AsSpan().StartsWith("vhdxfile"u8))
        {
            VhdxHostileFile.Exercise(new MemoryImageFile(bytes));
        }
        else
        {
            HostileFile.Exercise(bytes);
        }
    }

    private static byte[] ReadAll(Stream stream)
    {
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
