using Microsoft.ML.Trainers.Torch.Runtime;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Runtime;

[TestClass]
public sealed class PrivateFolderTests
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string root = Directory.CreateTempSubdirectory("mlnetlr-test-").FullName;

    [TestInitialize]
    public void OnLinuxOnly()
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("The remedy, and with it the folder, is for Linux.");
    }

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(root, recursive: true);

    [TestMethod]
    public void TryMake_NewFolder_IsForTheOwnerOnly()
    {
        string folder = PrivateFolder.TryMake(Path.Combine(root, "a", "b"))!;

        folder.Should().Be(Path.Combine(root, "a", "b"));
        File.GetUnixFileMode(folder).Should().Be(Private);
    }

    [TestMethod]
    public void TryMake_FolderOpenToOthers_IsClosed()
    {
        string folder = Path.Combine(root, "a");
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, Private | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite);

        PrivateFolder.TryMake(folder).Should().Be(folder);
        File.GetUnixFileMode(folder).Should().Be(Private);
    }

    [TestMethod]
    [DataRow(UnixFileMode.OtherWrite)]
    [DataRow(UnixFileMode.GroupWrite)]
    public void TryMake_BelowAFolderThatOthersMayChange_IsRefused(UnixFileMode others)
    {
        File.SetUnixFileMode(root, Private | others);

        PrivateFolder.TryMake(Path.Combine(root, "a")).Should().BeNull();
    }

    [TestMethod]
    public void TryMake_LinkIntoAFolderThatOthersMayChange_IsRefused()
    {
        string open = Path.Combine(root, "open");
        Directory.CreateDirectory(Path.Combine(open, "target"));
        File.SetUnixFileMode(open, Private | UnixFileMode.OtherWrite);
        Directory.CreateSymbolicLink(Path.Combine(root, "link"), Path.Combine(open, "target"));

        PrivateFolder.TryMake(Path.Combine(root, "link", "a")).Should().BeNull();
    }

    [TestMethod]
    public void TryMake_FileInTheWay_IsRefused()
    {
        File.WriteAllText(Path.Combine(root, "a"), "");

        PrivateFolder.TryMake(Path.Combine(root, "a", "b")).Should().BeNull();
    }

    [TestMethod]
    public void Put_DamagedFileOfThatName_IsReplaced()
    {
        string path = PrivateFolder.Put(root, "lib.so", "content"u8);
        File.WriteAllText(path, "tampered");

        PrivateFolder.Put(root, "lib.so", "content"u8).Should().Be(path);
        File.ReadAllText(path).Should().Be("content");
        Directory.GetFiles(root).Should().Equal(path);
    }

    [TestMethod]
    public void Put_LinkOfThatName_IsReplacedAndItsTargetLeftAlone()
    {
        string path = PrivateFolder.Put(root, "lib.so", "content"u8);
        string target = Path.Combine(root, "target");
        File.WriteAllText(target, "precious");
        File.Delete(path);
        File.CreateSymbolicLink(path, target);

        PrivateFolder.Put(root, "lib.so", "content"u8);

        File.ReadAllText(target).Should().Be("precious");
        new FileInfo(path).LinkTarget.Should().BeNull();
    }
}
